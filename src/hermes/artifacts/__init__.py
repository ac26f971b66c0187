"""Floor 6. A bundle: a manifest, arrays and exported graphs; never pickle."""
