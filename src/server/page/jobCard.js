/* global document */

/** Each state as people see it: its word, its sign, its tone, and whether the sign turns. */
export const STATES = {
  waiting: { word: 'Waiting', sign: '?', tone: 'calls' },
  received: { word: 'In the queue', sign: '…', tone: 'busy' },
  fetching: { word: 'Fetching images', turns: true, tone: 'busy' },
  contouring: { word: 'Contouring', turns: true, tone: 'busy' },
  delivering: { word: 'Sending', turns: true, tone: 'busy' },
  delivered: { word: 'Delivered', sign: '✓', tone: 'good' },
  corrected: { word: 'Corrected', sign: '✓', tone: 'good' },
  approved: { word: 'Approved', sign: '✓', tone: 'good' },
  failed: { word: 'Failed', sign: '!', tone: 'bad' },
  cancelled: { word: 'Cancelled', sign: '–', tone: 'calm' },
};

/** Problems that pass by themselves, as images arrive and are looked at. */
const PASSING = new Set(['series-arriving', 'series-looked-at']);
const ARRIVING = { word: 'Images arriving', turns: true, tone: 'busy' };

/** Whether a job waits for nobody. */
export function isArriving({ state, problem }) {
  return state === 'waiting' && PASSING.has(problem?.code);
}

const DELIVERIES = {
  waiting: { word: 'on its way', sign: '…', tone: 'busy' },
  delivered: { word: 'delivered', sign: '✓', tone: 'good' },
  verified: { word: 'delivered and checked there', sign: '✓', tone: 'good' },
  failed: { word: 'not delivered', sign: '!', tone: 'bad' },
};

const ORIGINS = { dimse: 'sent by DICOM', stow: 'sent by DICOMweb', folder: 'from a folder', api: 'asked for', worklist: 'from the worklist' };
const ENDS = new Set(['delivered', 'corrected', 'approved', 'failed', 'cancelled']);

/** An element with its attributes and what is in it. Text is text, whatever stands in it. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== false));
  return made;
}

/** The end of a UID tells jobs apart, and is short enough to read out. */
export function uidEnd(uid) {
  return `…${uid.slice(-8)}`;
}

/** How long ago: "just now", "7 min", "3 h 20 min", "5 days". */
export function ageText(since, now = Date.now()) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(since)) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ''} ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? 'a day ago' : `${days} days ago`;
}

/** Time of day, with the date where it is not today. */
export function clockText(instant) {
  const at = new Date(instant);
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return at.toDateString() === new Date().toDateString() ? `today ${time}` : `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}

function signOf({ sign, turns }) {
  return element('span', { class: turns ? 'sign turns' : 'sign', 'aria-hidden': 'true' }, sign ?? '');
}

function button(action, label, more = {}) {
  return element('button', { type: 'button', 'data-action': action, ...more }, label);
}

/** The card of a job. @param may whether the caller has the permission to decide @param protocols that can be chosen */
export function jobCard(job, { may, protocols }) {
  const state = isArriving(job) ? ARRIVING : STATES[job.state];
  const protocol = protocols.find(({ name }) => name === job.protocol);
  const about = `job of series ${uidEnd(job.seriesInstanceUid)}`;
  return element('li', { class: 'job', 'data-id': job.id, 'data-state': job.state, 'data-tone': state.tone },
    element('div', { class: 'row' },
      element('div', {}, element('span', { class: 'state' }, signOf(state), state.word), element('time', { class: 'age', datetime: job.createdAt }, ageText(job.createdAt))),
      element('div', {},
        element('h2', { class: job.protocol ? 'title' : 'title none' }, protocol?.title ?? job.protocol ?? 'No protocol chosen'),
        element('p', { class: 'faint' }, 'Series ', element('span', { class: 'uid' }, uidEnd(job.seriesInstanceUid)), `, ${ORIGINS[job.origin] ?? job.origin} ${clockText(job.createdAt)}`)),
      deliveriesOf(job, may, about),
      element('div', { class: 'actions' },
        may && job.state === 'failed' && button('rerun', 'Start over', { 'aria-label': `Start over: ${about}` }),
        may && !ENDS.has(job.state) && button('cancel', 'Cancel', { 'aria-label': `Cancel: ${about}` }))),
    progressOf(job),
    !isArriving(job) && problemOf(job),
    may && job.state === 'waiting' && !isArriving(job) && protocols.length > 0 && chooser(job, protocols, about),
    job.notes.length > 0 && element('ul', { class: 'notes' }, ...job.notes.map((note) => element('li', {}, note))),
    element('details', { 'data-history': true }, element('summary', { 'aria-label': `History: ${about}` }, 'History')));
}

function deliveriesOf({ deliveries }, may, about) {
  return element('ul', { class: 'deliveries', 'aria-label': 'Deliveries' }, ...deliveries.map(({ destination, state, attempts, nextAttemptAt, problem }) => {
    const how = DELIVERIES[state];
    const tried = state === 'waiting' && attempts > 0;
    const word = tried ? `failed ${attempts === 1 ? 'once' : `${attempts} times`}, again ${clockText(nextAttemptAt)}` : how.word;
    return element('li', { 'data-tone': tried ? 'calls' : how.tone, 'data-destination': destination },
      signOf(how), element('strong', {}, destination), element('span', { class: 'faint' }, word),
      tried && problem && element('span', { class: 'faint why' }, problem.message),
      may && (state === 'failed' || tried) && button('retry', 'Send again', { class: state === 'failed' ? 'primary' : undefined, 'data-destination': destination, 'aria-label': `Send again to ${destination}: ${about}` }));
  }));
}

const STAGES = {
  fetching: 'Fetching images', reading: 'Reading the CT', loading: 'Loading the models', resampling: 'Preparing the CT', network: 'Finding structures', masks: 'Finding structures',
  rules: 'Making target volumes', contours: 'Drawing contours', writing: 'Writing the structure set', checking: 'Checking the structure set',
};

function progressOf({ state, progress }) {
  if ((state !== 'fetching' && state !== 'contouring') || !progress) return undefined;
  const { stage, done, total } = progress;
  // Stages that do not count have one step.
  const known = total > 1;
  const text = `${STAGES[stage] ?? stage}${known ? `, ${Math.floor((100 * done) / total)} %` : ''}`;
  return element('div', { class: 'progress' }, element('progress', known ? { max: total, value: done, 'aria-label': text } : { 'aria-label': text }), element('span', {}, text));
}

/** Shows in place how far a job has come. */
export function showProgress(card, job) {
  const now = progressOf(job);
  const before = card.querySelector('.progress');
  if (!now) return;
  if (!before) card.querySelector('.row').after(now);
  else {
    before.querySelector('progress').value = now.querySelector('progress').value;
    before.querySelector('progress').setAttribute('aria-label', now.textContent);
    before.querySelector('span').textContent = now.textContent;
  }
}

function problemOf({ state, problem, notBefore }) {
  if (!problem) return undefined;
  return element('div', { class: 'problem', 'data-tone': state === 'failed' ? 'bad' : 'calls' },
    element('p', {}, problem.message), problem.cure && element('p', { class: 'cure' }, element('strong', {}, 'What to do: '), problem.cure),
    notBefore && element('p', { class: 'cure' }, `Tried again ${clockText(notBefore)}.`));
}

function chooser({ id, protocol }, protocols, about) {
  const select = element('select', { id: `protocol-${id}`, 'aria-label': `Protocol: ${about}` }, element('option', { value: '' }, 'Choose a protocol …'),
    ...protocols.map(({ name, title }) => element('option', { value: name, selected: name === protocol }, title)));
  return element('div', { class: 'choose' }, select, button('protocol', 'Contour by this protocol', { class: 'primary', 'aria-label': `Contour by this protocol: ${about}` }));
}

/** What happened to a job. */
export function history(events) {
  return element('table', {}, element('thead', {}, element('tr', {}, ...['When', 'What', 'State', 'Who'].map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...events.map(({ at, what, to, who, details }) => element('tr', {},
      element('td', {}, clockText(at)), element('td', {}, `${what}${details?.destination ? `: ${details.destination}` : ''}`), element('td', {}, to ? STATES[to].word : ''), element('td', {}, who)))));
}
