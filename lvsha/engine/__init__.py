"""The director: what keeps the kernel's table as it should be."""
