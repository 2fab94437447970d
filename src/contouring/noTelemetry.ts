/**
 * Official builds of onnxruntime since 1.29 send their maker, unless told otherwise, the names and hashes of the models that are loaded, under an
 * id that they keep in the user's home (onnxruntime, docs/Privacy.md). Nothing leaves a hospital by itself. Read when the library is loaded: this
 * has to be imported before it, on the main thread of its process, as the variables of other threads are copies.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
