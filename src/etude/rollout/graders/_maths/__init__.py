"""Whether two mathematical answers are the same: read, decided exactly, or proved in a worker.

Nothing here evaluates foreign text. `clean` levels spellings, `tokens` and `grammar` read an
answer into a small tree, `normal` decides most pairs exactly, and only what is left goes to the
worker, where `numeric` refutes and `proof` proves.
"""
