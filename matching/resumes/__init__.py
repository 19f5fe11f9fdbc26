"""Résumés, from PDF, Word or plain text to a graduate's record, without whose résumé it is."""
