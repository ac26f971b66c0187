"""Floor 2. One adapter a file: raw files to columns of the contract."""
