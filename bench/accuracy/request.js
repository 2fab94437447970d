/**
 * What is asked of the product for a case: THE place where the arguments of `rondo contour` are built. Where targets are among
 * what the models contour, the treated side and the surgery are given, as a protocol would; targets of the other side
 * and the treated breast as an organ are then neither scored nor missed.
 *
 * @param {{ models: readonly string[], structures: readonly string[], treated?: { side: 'L' | 'R', surgery: 'mastectomy' | 'conserving' } | null }} given
 * names of the chosen models, what they contour, and `treated` of phantom.json
 * @returns {{ args: string[], isAsked: (structure: string) => boolean }}
 */
export function requestFor({ models, structures, treated }) {
  const args = models.flatMap((name) => ['--model', name]);
  if (!structures.some(isTarget)) return { args, isAsked: () => true };
  if (treated === undefined || treated === null) return { args: [...args, '--side', 'both', '--surgery', 'conserving'], isAsked: (structure) => !/^Breast_[LR]$/.test(structure) };
  const { side, surgery } = treated;
  return {
    args: [...args, '--side', side, '--surgery', surgery],
    isAsked: (structure) => (isTarget(structure) ? structure.endsWith(`_${side}`) : structure !== `Breast_${side}`),
  };
}

function isTarget(structure) {
  return structure.startsWith('CTV');
}
