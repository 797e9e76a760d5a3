"""Tokens: tokenizers trained, text encoded, sequences packed, and a loader that reads them."""
