"""Floor 3. One definition of each feature, for training and for serving."""
