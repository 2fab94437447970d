export { DimseListener } from './dimseListener.ts';
export { echo } from './echo.ts';
export { findInstance, type InstanceUids } from './findInstance.ts';
export type { Caller, DimseEvent, DimseListenerOptions, ListenerLimits, ListenerTls, ReceivedInstance } from './listenerOptions.ts';
export type { DimsePeer, PeerTls } from './peer.ts';
export { sendInstances, type InstanceToSend, type SendOptions, type SentInstance } from './sendInstances.ts';
