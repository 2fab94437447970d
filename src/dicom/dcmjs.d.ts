/** The part of dcmjs (which ships no types) that Rondo uses: its dictionary and its Part 10 writer. */
declare module 'dcmjs' {
  export interface DictionaryEntry {
    /** '(gggg,eeee)' */
    tag: string;
    vr: string;
    name: string;
  }

  export interface JsonElement {
    vr: string;
    Value: readonly unknown[];
  }

  /** DICOM JSON model: elements by 'GGGGEEEE'. */
  export type JsonDataset = Record<string, JsonElement>;

  export class DicomDict {
    constructor(meta: JsonDataset);
    dict: JsonDataset;
    write(): ArrayBuffer;
  }

  interface Logger {
    setLevel(level: 'silent', persist: boolean): void;
    getLogger(name: string): Logger;
  }

  const dcmjs: {
    data: {
      DicomDict: typeof DicomDict;
      DicomMetaDictionary: {
        dictionary: Record<string, DictionaryEntry | undefined>;
        nameMap: Record<string, DictionaryEntry | undefined>;
      };
    };
    log: Logger;
  };
  export default dcmjs;
}
