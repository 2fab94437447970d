/** Longest structure name that most planning systems take (TG-263 7.2.1). */
const MAX_LENGTH = 16;

/** Letters and digits in categories that begin with a capital or digit; a 'z' or '_' may stand first (TG-263 7.2.4 to 7.2.6, 7.2.15). */
const CATEGORIES = /^[z_]?[A-Z0-9][A-Za-z0-9]*(?:_[A-Z0-9][A-Za-z0-9]*)*$/;

/** The side as a category of its own, or spelled out. */
const SIDE = /^(?:[LR]|left|right|lt|rt)$/i;

/**
 * True if a name has the form that AAPM TG-263 (report 263, sections 7.2 and 8.2) asks for: at most 16 characters, no spaces,
 * categories joined by underscores, a side only as a final `_L` or `_R`. It may be cut short by '~' (a part), subtract
 * ('Lungs-PTV'), end in a qualifier ('Lungs^Ex') or in a dose ('PTV_50.4Gy'). Whether the nomenclature lists the name is not
 * asked, and names must be unique ignoring case, which only a set can show.
 */
export function isTg263Style(name: string): boolean {
  if (name.length > MAX_LENGTH) return false;
  const [stem, ...qualifiers] = name.split('^');
  if (qualifiers.length > 1 || qualifiers.some((qualifier) => !/^\w+$/.test(qualifier))) return false;
  return stem.split('-').every(isOperand);
}

function isOperand(operand: string): boolean {
  const plain = operand.replace('~', '').replace(/^(I?[CGP]TV|ITV)!/, '$1').replace(/(_\d+)\.(\d+Gy)/, '$1p$2');
  if (!CATEGORIES.test(plain)) return false;
  const categories = plain.replace(/^[z_]/, '').split('_');
  const side = categories.findIndex((category) => SIDE.test(category));
  if (side === -1) return true;
  return side > 0 && side === categories.length - 1 && /^[LR]$/.test(categories[side]);
}
