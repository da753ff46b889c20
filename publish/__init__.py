"""Publication: release, catalogue, dictionary, diff between releases, pointer. Computes no figure."""
