"""Digital phantoms, data set, network, training, evaluation and ONNX export for Rondo's contouring models."""

import os

# Before NumPy is loaded: every process makes a case of its own, and OpenBLAS's threads, which wait by spinning, take the cores from
# each other: 3 s a case become 50 s where four processes have as many cores. A case is the same to the last bit.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
