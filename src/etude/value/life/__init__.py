"""Life: one small model reads, imitates, is judged and practises, and every gain is measured."""
