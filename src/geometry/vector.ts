/** A point or direction in patient coordinates: LPS (x to the patient's left, y to posterior, z to superior), mm. */
export type Vector3 = readonly [number, number, number];

export const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export const cross = (a: Vector3, b: Vector3): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

export const subtract = (a: Vector3, b: Vector3): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

export const addScaled = (a: Vector3, b: Vector3, factor: number): Vector3 => [
  a[0] + b[0] * factor,
  a[1] + b[1] * factor,
  a[2] + b[2] * factor,
];

export const norm = (a: Vector3): number => Math.hypot(a[0], a[1], a[2]);

export const normalize = (a: Vector3): Vector3 => {
  const length = norm(a);
  return [a[0] / length, a[1] / length, a[2] / length];
};
