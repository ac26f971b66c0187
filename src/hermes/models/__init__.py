"""Floor 5. One file a model; a model knows its mathematics and no stage."""
