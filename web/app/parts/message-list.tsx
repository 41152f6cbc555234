// The latest unseen messages. Reading them is the webmail's business, where one is configured: this only hands over.

import { useRef } from 'preact/hooks';
import type { MessageList as Inbox, Message } from '../../../src/contract/devices.ts';
import { localTime, relativeTime, useNow, useNumber } from '../../look/instant.tsx';
import { useLocale } from '../../look/locale.tsx';
import { Empty, Loading } from '../../look/panel.tsx';
import { useApp } from '../app-context.ts';
import { initialOf, shortTime } from '../message-words.ts';
import { useText } from '../text.ts';
import { Glyph } from './glyph.tsx';
import { useLookedAt } from './looked-at.ts';

export function MessageList() {
  const { model, view } = useApp();
  const text = useText().home;
  const { inbox, app, refreshing, active } = view;
  const list = useRef<HTMLDivElement>(null);
  const key = inbox && active ? `${active.subscriptionId} ${inbox.uidValidity} ${inbox.uidNext}` : undefined;
  useLookedAt(list, key, () => {
    if (inbox !== undefined) void model.viewed(inbox);
  });
  return (
    <section class="messages" aria-labelledby="messages-title">
      <header>
        <h2 id="messages-title">{text.messages}</h2>
        <div class="actions">
          {app?.webmail != null && (
            <a class="button quiet compact" href={app.webmail} target="_blank" rel="noopener noreferrer">
              {text.webmail}
            </a>
          )}
          <button
            type="button"
            class={refreshing ? 'button quiet compact refresh busy' : 'button quiet compact refresh'}
            aria-label={text.refresh}
            title={text.refresh}
            aria-disabled={refreshing}
            onClick={() => void model.refresh()}
          >
            <Glyph name="refresh" />
          </button>
        </div>
      </header>
      <div class="message-box" ref={list}>
        {inbox !== undefined && <Messages inbox={inbox} />}
        {inbox === undefined && (refreshing ? <Loading /> : <Empty>{text.notLoaded}</Empty>)}
      </div>
    </section>
  );
}

function Messages({ inbox }: { inbox: Inbox }) {
  const text = useText().home;
  const number = useNumber();
  if (inbox.messages.length === 0)
    return (
      <div class="calm">
        <span class="calm-sign" aria-hidden="true">
          <Glyph name="check" />
        </span>
        <p>
          <strong>{text.emptyTitle}</strong>
        </p>
        <p class="muted">{text.emptyText}</p>
      </div>
    );
  const more = inbox.unseen - inbox.messages.length;
  return (
    <>
      <ul class="message-list">
        {inbox.messages.map(message => (
          <MessageRow key={message.uid} message={message} />
        ))}
      </ul>
      {more > 0 && <p class="muted small centered">{text.more(number(more))}</p>}
    </>
  );
}

function MessageRow({ message }: { message: Message }) {
  const text = useText().home;
  const { fromName, fromAddress, subject, links } = message;
  const sender = fromName?.trim() || fromAddress;
  const name = subject?.trim() || text.noSubject;
  return (
    <li class="message">
      <span class="initial" aria-hidden="true">
        {initialOf(message)}
      </span>
      <p class="message-sender">
        {/* isolated: a name may turn the direction of what follows it */}
        <bdi title={fromAddress ?? undefined}>{sender ?? text.noSender}</bdi>
      </p>
      <MessageTime at={message.receivedAt} />
      <p class="message-subject">
        {links === null ? (
          <bdi>{name}</bdi>
        ) : (
          <a href={links.open} target="_blank" rel="noopener noreferrer">
            <bdi>{name}</bdi>
            <span class="visually-hidden"> ({text.inNewTab})</span>
          </a>
        )}
      </p>
      {links !== null && (
        <p class="message-acts">
          <HandOver href={links.open} label={text.open} of={name} />
          {links.markRead !== undefined && <HandOver href={links.markRead} label={text.markRead} of={name} />}
          {links.archive !== undefined && <HandOver href={links.archive} label={text.archive} of={name} />}
        </p>
      )}
    </li>
  );
}

function HandOver({ href, label, of }: { href: string; label: string; of: string }) {
  return (
    <a
      class="button quiet compact"
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={`${label}: ${of}`}
    >
      {label}
    </a>
  );
}

function MessageTime({ at }: { at: number }) {
  const locale = useLocale();
  const now = useNow();
  return (
    <p class="message-time">
      <time dateTime={new Date(at).toISOString()} title={localTime(at, locale)}>
        {shortTime(at, now, locale)}
      </time>{' '}
      <small>{relativeTime(at - now, locale)}</small>
    </p>
  );
}
