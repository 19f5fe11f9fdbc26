"""What is learned or searched: strings, arrays and feature matrices in, vectors and scores out.

Nothing here knows a graduate or a posting; `matching` does. Each heavy library has one home:
FAISS in `index`, sentence-transformers and torch in `encoder`, scikit-learn in `ranker`.
"""
