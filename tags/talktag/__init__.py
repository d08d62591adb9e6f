"""Talk-tags: the code, its address, its square, and labels that are read back before they are printed."""
