import { TestEnvironment } from 'jest-environment-node';

const TYPED_ARRAYS = { Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Uint16Array, Uint32Array, BigInt64Array, BigUint64Array };

/**
 * Jest gives each test file a realm of its own; native add-ons and WebAssembly hand back arrays of Node's. Both then fail
 * `instanceof`, which onnxruntime checks. Sharing the array types makes tests see what users see.
 */
export default class SharedRealmEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, TYPED_ARRAYS);
  }
}
