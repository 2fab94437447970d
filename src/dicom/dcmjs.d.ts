/** The part of dcmjs (which ships no types) that Rondo uses: its data dictionary. */
declare module 'dcmjs' {
  export interface DictionaryEntry {
    /** '(gggg,eeee)' */
    tag: string;
    vr: string;
    name: string;
  }

  const dcmjs: {
    data: {
      DicomMetaDictionary: {
        dictionary: Record<string, DictionaryEntry | undefined>;
        nameMap: Record<string, DictionaryEntry | undefined>;
      };
    };
  };
  export default dcmjs;
}
