import { chooseProtocol, ruleOutcomes, seriesTags, type Config } from '../config/index.ts';
import type { Dataset } from '../dicom/index.ts';
import type { Workitem } from '../dicomweb/index.ts';
import type { Problem } from '../jobs/index.ts';
import { protocolNames } from '../pipeline/index.ts';
import { NO_PROTOCOL } from './noProtocol.ts';

/** Concept Name of the Scheduled Processing Parameter whose value is the name of a protocol. */
const PROTOCOL = { value: 'PROTOCOL', scheme: '99RONDO' };

/** Attributes of a workitem that rules may ask for, beside those of the CT. */
export const ORDER_KEYWORDS = ['WorklistLabel', 'ProcedureStepLabel'];

export type OrderedProtocol = { details: Readonly<Record<string, unknown>> } & ({ protocol: string; destinations?: readonly string[] } | { protocol: undefined; problem: Problem });

/**
 * The protocol that a workitem asks for: by its parameter, else by its code, which is a protocol's name; else the one that a rule chooses.
 * A parameter that names what there is not is no reason to take another.
 * @param attributes of the CT
 */
export async function orderedProtocol({ code, parameters, worklist, label }: Pick<Workitem, 'code' | 'parameters' | 'worklist' | 'label'>, attributes: Dataset, rules: Config['rules']): Promise<OrderedProtocol> {
  const names = await protocolNames();
  const asked = [...new Set(parameters.filter(({ name }) => name.value === PROTOCOL.value && name.scheme === PROTOCOL.scheme).map(({ value }) => value))];
  if (asked.length > 0) {
    const [protocol] = asked;
    if (asked.length === 1 && names.includes(protocol)) return { protocol, details: { parameter: protocol } };
    return { protocol: undefined, problem: { code: 'protocol-unknown', message: `The workitem asks for ${asked.length > 1 ? 'several protocols' : 'a protocol that there is not'}: nothing is guessed.`, cure: 'Choose the protocol of this job, and correct what makes the workitems.' }, details: {} };
  }
  if (code !== undefined && names.includes(code.value)) return { protocol: code.value, details: { code: code.value } };
  const choice = chooseProtocol(rules, seriesTags(rules, [{ ...attributes, WorklistLabel: worklist, ProcedureStepLabel: label }]), { origin: 'worklist' });
  const details = { rules: ruleOutcomes(choice.explanation) };
  if (choice.protocol === undefined) return { protocol: undefined, problem: { code: NO_PROTOCOL.code, message: 'Neither the workitem nor a rule chooses a protocol: nothing is guessed.', cure: 'Choose the protocol of this job; have the workitem name one, or add a rule to the configuration.' }, details };
  return { protocol: choice.protocol, ...(choice.destinations && { destinations: choice.destinations }), details };
}
