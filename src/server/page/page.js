/* global document, AbortController, setInterval, setTimeout, clearTimeout, CSS */
import { ageText, element, history, isArriving, jobCard, showProgress, STATES, uidEnd } from './jobCard.js';
import { ask, key, listen, Refusal } from './server.js';

const GROUPS = [
  { name: 'All', states: Object.keys(STATES) },
  { name: 'Needs attention', states: ['waiting', 'failed'], calls: true, has: (job) => !isArriving(job) },
  { name: 'In progress', states: ['waiting', 'received', 'fetching', 'contouring', 'delivering'], has: (job) => job.state !== 'waiting' || isArriving(job) },
  { name: 'Finished', states: ['delivered', 'corrected', 'approved'] },
  { name: 'Cancelled', states: ['cancelled'] },
];
const PAGE = 50;
const AGES_MS = 15_000;
/** Several changes at once are counted once. */
const COUNT_MS = 400;
const MOST_ARRIVING = 200;

const at = (id) => document.getElementById(id);
const jobs = new Map();
let shown = GROUPS[0];
/** How many of the waiting jobs wait for nobody. */
let arriving = 0;
let next;
let may = false;
let protocols = [];
let listening = new AbortController();
let counting;

function say(text) {
  at('said').textContent = text;
}

function complain(error) {
  if (error?.wantsKey) at('key-form').hidden = false;
  at('message').hidden = !error;
  at('message').textContent = error ? (error instanceof Refusal ? error.message : 'The server does not answer. The page goes on trying.') : '';
  if (error?.wantsKey && error.status !== 403) at('key').focus();
}

// Filters.

function showGroups(counts = {}) {
  const sum = ({ states, calls, has }) => states.reduce((total, state) => total + (counts[state] ?? 0), 0) - (calls ? arriving : has ? (counts.waiting ?? 0) - arriving : 0);
  const focused = document.activeElement?.dataset?.group;
  at('groups').replaceChildren(...GROUPS.map((group) => element('button', {
    type: 'button', 'data-group': group.name, 'aria-pressed': String(group === shown), class: group.calls && sum(group) > 0 ? 'calls' : undefined,
  }, `${group.name} `, element('span', { class: 'count' }, String(sum(group))))));
  if (focused) at('groups').querySelector(`[data-group="${CSS.escape(focused)}"]`)?.focus();
  const attention = sum(GROUPS[1]);
  document.title = attention > 0 ? `(${attention}) Rondo` : 'Rondo';
  for (const option of at('state').options) if (option.value) option.textContent = `${STATES[option.value].word} (${counts[option.value] ?? 0})`;
}

/** Shows how many jobs there are, and how many of the waiting ones wait for nobody. */
async function count() {
  const { counts, jobs: waiting } = await ask(`/api/jobs?state=waiting&limit=${MOST_ARRIVING}`);
  arriving = waiting.filter(isArriving).length;
  showGroups(counts);
}

async function filter(wanted) {
  shown = wanted;
  for (const group of at('groups').children) group.setAttribute('aria-pressed', String(group.dataset.group === wanted.name));
  await guarded(load);
}

at('groups').addEventListener('click', ({ target }) => {
  const group = GROUPS.find(({ name }) => name === target.closest('button')?.dataset.group);
  if (!group) return;
  at('state').value = '';
  void filter(group);
});
at('state').append(...Object.entries(STATES).map(([state, { word }]) => element('option', { value: state }, word)));
at('state').addEventListener('change', () => { void filter(at('state').value ? { states: [at('state').value] } : GROUPS[0]); });

// The list.

function query(more) {
  const states = shown === GROUPS[0] ? [] : shown.states;
  return [...states.map((state) => `state=${state}`), ...more].join('&');
}

const isShown = (job) => shown.states.includes(job.state) && (shown.has?.(job) ?? true);

async function load() {
  const wanted = shown;
  const page = await ask(`/api/jobs?${query([`limit=${PAGE}`])}`);
  // Another filter was chosen meanwhile.
  if (wanted !== shown) return;
  const found = page.jobs.filter(isShown);
  jobs.clear();
  for (const job of found) jobs.set(job.id, job);
  const kept = new Set(jobs.keys());
  for (const card of [...at('jobs').children]) if (!kept.has(card.dataset.id)) card.remove();
  for (const job of found) place(job);
  next = page.next;
  showEnds();
  complain();
  await count();
}

function showEnds() {
  at('empty').hidden = jobs.size > 0;
  at('older').hidden = !next;
}

at('older').addEventListener('click', () => void guarded(async () => {
  const page = await ask(`/api/jobs?${query([`limit=${PAGE}`, `before=${next}`])}`);
  for (const job of page.jobs.filter(isShown)) place(job);
  next = page.next;
  showEnds();
}));

const cardOf = (id) => at('jobs').querySelector(`[data-id="${CSS.escape(id)}"]`);

/** Shows a job as it is now, at its place; what has the focus, is open or was chosen in its card stays so. */
function place(job) {
  jobs.set(job.id, job);
  const card = jobCard(job, { may, protocols });
  const before = cardOf(job.id);
  if (!before) {
    const after = [...at('jobs').children].find((other) => jobs.get(other.dataset.id)?.createdAt < job.createdAt);
    at('jobs').insertBefore(card, after ?? null);
    return;
  }
  const { activeElement } = document;
  const { action, destination } = activeElement?.dataset ?? {};
  const focused = before.contains(activeElement) && (action ? `[data-action="${action}"]${destination ? `[data-destination="${CSS.escape(destination)}"]` : ''}` : activeElement.tagName.toLowerCase());
  const chosen = before.querySelector('select')?.value;
  const isOpen = before.querySelector('details').open;
  before.replaceWith(card);
  if (chosen && card.querySelector('select')) card.querySelector('select').value = chosen;
  if (isOpen) card.querySelector('details').open = true;
  if (focused) (card.querySelector(focused) ?? card.querySelector('summary')).focus();
}

function remove(id) {
  const card = cardOf(id);
  if (card?.contains(document.activeElement)) at('jobs').focus();
  card?.remove();
  jobs.delete(id);
}

function changed(job) {
  if (isShown(job)) place(job);
  else remove(job.id);
  showEnds();
  clearTimeout(counting);
  counting = setTimeout(() => void guarded(count), COUNT_MS);
}

// What people do.

async function guarded(work) {
  try {
    await work();
  } catch (error) {
    complain(error);
  }
}

const DONE = { cancel: 'cancelled', rerun: 'started over', protocol: 'begun by the chosen protocol', retry: 'being sent again' };

async function act(action, job, { destination, protocol }) {
  if (action === 'protocol' && !protocol) {
    cardOf(job.id).querySelector('select').focus();
    return;
  }
  if (action === 'cancel' && !(await confirmed(`Cancel the job of series ${uidEnd(job.seriesInstanceUid)}? No structures will be delivered.`))) return;
  const path = action === 'retry' ? `deliveries/${encodeURIComponent(destination)}/retry` : action;
  changed(await ask(`/api/jobs/${job.id}/${path}`, { method: 'POST', body: action === 'protocol' ? { protocol } : undefined }));
  complain();
  say(`The job is ${DONE[action]}.`);
}

at('jobs').addEventListener('click', ({ target }) => {
  const pressed = target.closest('button[data-action]');
  const card = pressed?.closest('.job');
  if (!card) return;
  pressed.disabled = true;
  void guarded(() => act(pressed.dataset.action, jobs.get(card.dataset.id), { destination: pressed.dataset.destination, protocol: card.querySelector('select')?.value })).finally(() => { pressed.disabled = false; });
});

at('jobs').addEventListener('toggle', ({ target }) => {
  if (!target.open || !('history' in target.dataset)) return;
  void guarded(async () => {
    const { events } = await ask(`/api/jobs/${target.closest('.job').dataset.id}`);
    target.querySelector('table')?.remove();
    target.append(history(events));
  });
}, true);

function confirmed(question) {
  const dialog = at('confirm');
  at('confirm-text').textContent = question;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => { dialog.addEventListener('close', () => { resolve(dialog.returnValue === 'yes'); }, { once: true }); });
}
at('confirm-yes').addEventListener('click', () => { at('confirm').close('yes'); });
at('confirm-no').addEventListener('click', () => { at('confirm').close('no'); });

// The key, and the connection.

const LINKS = { live: 'Live', connecting: 'Connecting …', stopped: 'Not connected' };

function link(how, error) {
  at('link').dataset.link = how;
  at('link-text').textContent = LINKS[how];
  if (error) complain(error);
}

async function begin() {
  listening.abort();
  listening = new AbortController();
  const { signal } = listening;
  jobs.clear();
  at('jobs').replaceChildren();
  showGroups();
  at('me').textContent = '';
  at('forget').hidden = key.get() === '';
  link('connecting');
  await listen({
    signal,
    onLink: (how, error) => { if (!signal.aborted) link(how, error); },
    async onMessage(event, data, isFirst) {
      if (signal.aborted) return;
      if (event === 'hello' && isFirst) {
        const me = await ask('/api/me');
        may = me.permissions.includes('decide');
        at('key-form').hidden = !me.keyNeeded;
        at('me').textContent = `${me.who} (${me.role})`;
        protocols = await ask('/api/protocols');
        await load();
      } else if (event === 'reset') await load();
      else if (event === 'job') changed(data.job);
      else if (event === 'progress' && jobs.has(data.id)) {
        const job = { ...jobs.get(data.id), progress: data.progress };
        jobs.set(data.id, job);
        showProgress(cardOf(data.id), job);
      }
    },
  });
}

at('key-form').addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  const text = at('key').value.trim();
  if (!/^[\x21-\x7e]+$/.test(text)) {
    complain(new Refusal(0, '', 'This is no key: expected letters, digits and signs without spaces.'));
    return;
  }
  key.set(text);
  at('key').value = '';
  complain();
  void begin();
});
at('forget').addEventListener('click', () => {
  key.forget();
  void begin();
});

setInterval(() => {
  for (const age of document.querySelectorAll('time.age')) age.textContent = ageText(age.dateTime);
}, AGES_MS);

void begin();
