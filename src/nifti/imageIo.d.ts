/** What Rondo uses of @itk-wasm/image-io; version 1.6 points its types at a file that it does not ship. */
declare module '@itk-wasm/image-io' {
  import type { Image, JsonCompatible } from 'itk-wasm';

  export function niftiReadImageNode(file: string): Promise<{ couldRead: JsonCompatible; image: Image }>;
  export function niftiWriteImageNode(image: Image, file: string, options?: { useCompression?: boolean }): Promise<{ couldWrite: JsonCompatible }>;
}
