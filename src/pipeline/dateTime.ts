/** A moment as DICOM DA and TM (PS3.5 6.2): YYYYMMDD and HHMMSS, local time as scanners and planning systems write it. */
export function dicomDateTime(at: Date): { date: string; time: string } {
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    date: `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`,
    time: `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`,
  };
}
