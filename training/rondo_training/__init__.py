"""Digital phantoms, data set, network, training, evaluation and ONNX export for Rondo's contouring models."""
