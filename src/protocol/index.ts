export { checkProtocol, modelsOf, readProtocol, type DerivedStructureWanted, type Protocol, type ProtocolModel, type RoiStyle, type WantedStructure } from './protocol.ts';
