export { isTransient } from './failures.ts';
export { type Service } from './connection.ts';
export { fetchOver, type ServiceTls } from './transport.ts';
export { type RetryClock } from './retry.ts';
export { DicomWeb, type FoundSeries, type SeriesQuery } from './dicomWeb.ts';
export { type Retrieval, type SeriesListing } from './retrieveSeries.ts';
export { type Stored } from './storeAnswer.ts';
export { ctOf, type Code, type Workitem, type WorkitemInput, type WorkitemState } from './workitem.ts';
export { Worklist, type OutputPlace, type Performed, type WorkitemQuery } from './worklist.ts';
