"""Fairs: who is invited, whom they meet, when; suggested, decided with a proof, put on paper."""
