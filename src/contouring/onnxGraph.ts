/** Element types of tensors, as ONNX numbers them. */
export const ELEMENT_TYPES = { float32: 1, int16: 5 } as const;
type ElementType = keyof typeof ELEMENT_TYPES;

/** A tensor that goes in or comes out; sizes that are names are free, the same name the same size. */
export interface GraphTensor {
  name: string;
  type: ElementType;
  shape: readonly (string | number)[];
}

/** One operator; attributes are whole numbers, 0 or more. */
export interface GraphNode {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes?: Readonly<Record<string, number>>;
}

export interface Graph {
  inputs: readonly GraphTensor[];
  outputs: readonly GraphTensor[];
  nodes: readonly GraphNode[];
  /** Constants that are single numbers in single precision. */
  scalars?: Readonly<Record<string, number>>;
}

/** Format and operators that onnxruntime knows since 1.13. */
const IR_VERSION = 8;
const OPSET = 17;

/**
 * A graph of ONNX operators as the bytes of a model: arithmetic on whole volumes that onnxruntime does on all cores at once.
 * Field numbers are those of onnx.proto (ONNX 1.12).
 */
export function onnxModel({ inputs, outputs, nodes, scalars = {} }: Graph): Uint8Array {
  const graph = message(
    ...nodes.map((node) => field(1, nodeProto(node))),
    field(2, text('rondo')),
    ...Object.entries(scalars).map(([name, value]) => field(5, scalarProto(name, value))),
    ...inputs.map((tensor) => field(11, valueProto(tensor))),
    ...outputs.map((tensor) => field(12, valueProto(tensor))),
  );
  return message(number(1, IR_VERSION), field(7, graph), field(8, message(field(1, text('')), number(2, OPSET))));
}

function nodeProto({ op, inputs, outputs, attributes = {} }: GraphNode): Uint8Array {
  return message(...inputs.map((name) => field(1, text(name))), ...outputs.map((name) => field(2, text(name))), field(4, text(op)), ...Object.entries(attributes).map(([name, value]) => field(5, attributeProto(name, value))));
}

/** That an attribute is a whole number. */
const INT = 2;

function attributeProto(name: string, value: number): Uint8Array {
  return message(field(1, text(name)), number(3, value), number(20, INT));
}

function scalarProto(name: string, value: number): Uint8Array {
  const raw = new Uint8Array(4);
  new DataView(raw.buffer).setFloat32(0, value, true);
  return message(number(2, ELEMENT_TYPES.float32), field(8, text(name)), field(9, raw));
}

function valueProto({ name, type, shape }: GraphTensor): Uint8Array {
  const sizes = shape.map((size) => field(1, typeof size === 'number' ? number(1, size) : field(2, text(size))));
  return message(field(1, text(name)), field(2, field(1, message(number(1, ELEMENT_TYPES[type]), field(2, message(...sizes))))));
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

/** A field of bytes: text, a message, raw values. */
function field(id: number, value: Uint8Array): Uint8Array {
  return message(varint((id << 3) | 2), varint(value.length), value);
}

function number(id: number, value: number): Uint8Array {
  return message(varint(id << 3), varint(value));
}

/** @param value a whole number, 0 or more */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
