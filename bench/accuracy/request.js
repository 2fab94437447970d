/**
 * What is asked of the product for a case: THE place where the arguments of `rondo contour` are built.
 *
 * Until `rondo contour` takes the treated side and the surgery, CTV models are asked for both sides. When it does, its arguments follow
 * from `treated` here, and `isAsked` leaves out the targets that it was not asked for: they are neither scored nor missed.
 *
 * @param {{ models: string[], treated?: { side: 'L' | 'R', surgery: 'mastectomy' | 'breast-conserving' } | null }} given names of the
 * chosen models, and `treated` of phantom.json
 * @returns {{ args: string[], isAsked: (structure: string) => boolean }}
 */
export function requestFor({ models }) {
  return { args: models.flatMap((name) => ['--model', name]), isAsked: () => true };
}
