"""Floor 4. How to learn: one loop, a few ways to draw batches, a few losses, a few layers."""
