// The demo page: shows what the demo's server tells over one event stream, and sends what a person does.
// Everything that came from a message is set as text, never as markup.

import { languages } from './texts.js';

const stepNames = ['mail', 'counted', 'published', 'accepted', 'shown'];
const keptBadges = 40;
const byId = id => document.getElementById(id);

let language = languages[preferredLanguage()] ? preferredLanguage() : 'en';
let state = { icons: [], messages: [], unseen: 0, address: '', swaks: '', webApp: { url: '', password: '' } };
/** Badges on their way, newest first: one row per icon and trace. */
const ways = [];

function preferredLanguage() {
  const asked =
    new URLSearchParams(location.search).get('lang') ??
    localStorage.getItem('language') ??
    navigator.language;
  if (/^zh-(hant|tw|hk|mo)/i.test(asked)) return 'zh-Hant';
  if (/^zh/i.test(asked)) return 'zh-Hans';
  return 'en';
}

const text = key => languages[language][key] ?? languages.en[key] ?? key;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function showTexts() {
  document.documentElement.lang = language;
  byId('language').value = language;
  for (const place of document.querySelectorAll('[data-text]')) place.textContent = text(place.dataset.text);
  showState();
  showWays();
}

function showState() {
  byId('address').textContent = state.address;
  byId('swaks').textContent = state.swaks;
  byId('web-app').href = state.webApp.url;
  byId('password').textContent = state.webApp.password;
  byId('unseen').textContent = String(state.unseen);
  byId('empty').hidden = state.messages.length > 0;
  showIcons();
  byId('messages').replaceChildren(...state.messages.map(messageRow));
}

function showIcons() {
  const list = byId('icons');
  for (const icon of state.icons) {
    let item = list.querySelector(`[data-icon="${CSS.escape(icon.id)}"]`);
    if (item === null) {
      item = element(
        'li',
        {},
        element('div', { className: 'icon' }, envelope(icon.color), element('span', { className: 'badge' })),
        element('span', { className: 'name' }),
      );
      item.dataset.icon = icon.id;
      list.append(item);
    }
    item.querySelector('.name').textContent = icon.name;
    const badge = item.querySelector('.badge');
    const label = icon.badge > 999 ? '999+' : String(icon.badge);
    if (badge.textContent !== label) {
      badge.textContent = label;
      badge.classList.remove('changed');
      void badge.offsetWidth; // restarts the animation
      badge.classList.add('changed');
    }
    badge.hidden = icon.badge === 0;
    item.setAttribute('aria-label', `${icon.name}: ${icon.badge} ${text('unseen')}`);
  }
}

function envelope(color) {
  const drawing = new DOMParser().parseFromString(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect x="2" y="7" width="36" height="26" rx="5"/><path d="M7 14l13 9 13-9" fill="none" stroke="#fff" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/></svg>',
    'image/svg+xml',
  ).documentElement;
  drawing.setAttribute('fill', color);
  drawing.setAttribute('aria-hidden', 'true');
  return document.importNode(drawing, true);
}

function messageRow(message) {
  const act = (label, action) =>
    element('button', {
      type: 'button',
      textContent: text(label),
      onclick: () => post(`messages/${message.uid}/${action}`),
    });
  const what = element(
    'div',
    { className: message.seen ? 'what' : 'what fresh' },
    message.subject,
    element('small', { textContent: message.from }),
  );
  const toggle = message.seen ? act('markUnread', 'unread') : act('read', 'read');
  const actions = element('span', { className: 'actions' }, toggle, act('delete', 'delete'));
  return element('li', {}, what, actions);
}

function addStep({ trace, icon, step, at, badge, failed }) {
  const counts = step === 'mail' || step === 'counted';
  let rows = ways.filter(way => way.trace === trace && (counts || way.icon === icon));
  if (rows.length === 0) {
    const shared = ways.find(way => way.trace === trace);
    const begun = shared === undefined ? {} : { mail: shared.steps.mail, counted: shared.steps.counted };
    const row = { trace, icon: counts ? undefined : icon, steps: begun, begunAt: shared?.begunAt ?? at };
    const unclaimed = shared !== undefined && shared.icon === undefined ? shared : undefined;
    if (unclaimed !== undefined) unclaimed.icon = icon;
    else ways.unshift(row);
    rows = [unclaimed ?? row];
  }
  for (const row of rows) {
    row.steps[step] = { at, failed };
    if (badge !== undefined) row.badge = badge;
  }
  ways.length = Math.min(ways.length, keptBadges);
  showWays();
}

function showWays() {
  byId('way').replaceChildren(...ways.map(wayRow));
}

function wayRow(way) {
  const icon = state.icons.find(({ id }) => id === way.icon);
  const title = element('b', {
    textContent: way.badge === undefined ? '…' : `${icon?.name ?? ''} → ${way.badge}`,
  });
  const when = element('time', { textContent: new Date(way.begunAt).toLocaleTimeString(language) });
  const steps = stepNames.map(name => {
    const step = way.steps[name];
    const item = element('li', { textContent: text(name) });
    if (step === undefined) return item;
    item.className = step.failed === undefined ? 'done' : 'failed';
    const taken = Math.max(0, step.at - way.begunAt);
    item.append(
      element('small', {
        textContent: step.failed ?? (name === 'mail' ? '0 ms' : `+${taken.toFixed(taken < 10 ? 1 : 0)} ms`),
      }),
    );
    return item;
  });
  return element(
    'li',
    {},
    element('div', { className: 'title' }, title, when),
    element('ol', { className: 'steps' }, ...steps),
  );
}

async function post(path, body = {}) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) showConnection('refused');
  } catch {
    showConnection('lost');
  }
}

function showConnection(kind) {
  byId('connection').textContent = kind === undefined ? '' : text(kind);
}

byId('language').addEventListener('change', event => {
  language = event.target.value;
  localStorage.setItem('language', language);
  showTexts();
});

byId('compose').addEventListener('submit', event => {
  event.preventDefault();
  const fields = new FormData(event.target);
  void post('mail', { from: fields.get('from'), subject: fields.get('subject') });
  event.target.elements.subject.value = '';
  event.target.elements.subject.focus();
});

const stream = new EventSource('events');
stream.addEventListener('open', () => showConnection());
stream.addEventListener('error', () => showConnection('lost'));
stream.addEventListener('state', event => {
  state = JSON.parse(event.data);
  showState();
});
stream.addEventListener('step', event => addStep(JSON.parse(event.data)));

const showTime = () => {
  const parts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  byId('phone-time').textContent = new Date().toLocaleTimeString([], parts);
};
setInterval(showTime, 10_000);
showTime();
showTexts();
