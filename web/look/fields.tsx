// Forms and their fields. A form checks its fields by the platform's constraints (required, pattern, …), says what is
// wrong at the field in the page's own language, and puts the focus on the first.

import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useId, useRef, useState } from 'preact/hooks';
import { useLookText } from './locale.tsx';
import type { LookMessages } from './look-messages.ts';

const ErrorsContext = createContext<Readonly<Record<string, string>>>({});

type FormProps = {
  onSubmit(values: Record<string, string>): void;
  children: ComponentChildren;
  label?: string;
};

export function Form({ onSubmit, children, label }: FormProps) {
  const text = useLookText();
  const [errors, setErrors] = useState<Record<string, string>>({});
  return (
    <form
      class="form"
      noValidate
      aria-label={label}
      onSubmit={event => {
        event.preventDefault();
        const fields = [...event.currentTarget.elements].filter(isField);
        const wrong = fields.filter(field => field.name !== '' && !field.validity.valid);
        setErrors(Object.fromEntries(wrong.map(field => [field.name, errorOf(field, text)])));
        if (wrong[0] !== undefined) wrong[0].focus();
        else onSubmit(valuesOf(event.currentTarget));
      }}
    >
      <ErrorsContext.Provider value={errors}>{children}</ErrorsContext.Provider>
    </form>
  );
}

type Field = HTMLInputElement | HTMLSelectElement;

function isField(element: Element): element is Field {
  return element instanceof HTMLInputElement || element instanceof HTMLSelectElement;
}

function errorOf(field: Field, text: LookMessages): string {
  const { validity } = field;
  if (validity.valueMissing) return text.fieldMissing;
  if (validity.typeMismatch) return text.fieldEmail;
  if (validity.tooShort && field instanceof HTMLInputElement) return text.fieldTooShort(field.minLength);
  if (validity.rangeOverflow || validity.rangeUnderflow || validity.badInput || validity.stepMismatch) {
    return text.fieldNumber;
  }
  return text.fieldPattern;
}

function valuesOf(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') values[name] = value;
  return values;
}

type TextFieldProps = {
  label: string;
  name: string;
  type?: 'text' | 'email' | 'number' | 'password';
  hint?: ComponentChildren;
  size?: 'short' | 'user-code';
  /** Takes the focus when it appears. */
  first?: boolean;
  defaultValue?: string;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  min?: number;
  max?: number;
  pattern?: string;
  autoComplete?: 'off' | 'username' | 'current-password' | 'new-password' | 'one-time-code' | 'organization';
  autoCapitalize?: 'none' | 'characters';
  inputMode?: 'numeric';
  spellcheck?: boolean;
};

export function TextField({
  label,
  hint,
  name,
  size,
  type = 'text',
  first = false,
  ...input
}: TextFieldProps) {
  const id = useId();
  const element = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (first) element.current?.focus();
  }, [first]);
  const error = useContext(ErrorsContext)[name];
  const described = [error && `${id}-error`, hint !== undefined && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        ref={element}
        type={type as 'text'} // the attributes that we pass fit all our types
        id={id}
        name={name}
        class={size ? `input ${size}` : 'input'}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={described || undefined}
      />
      {error && (
        <span class="error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
      {hint !== undefined && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

export function PasswordField(props: Omit<TextFieldProps, 'type'>) {
  const text = useLookText();
  const [shown, setShown] = useState(false);
  return (
    <div class="field">
      <TextField required maxLength={256} spellcheck={false} {...props} type={shown ? 'text' : 'password'} />
      <Check label={text.showPassword} checked={shown} onChange={setShown} />
    </div>
  );
}

export function TotpField(props: Pick<TextFieldProps, 'label' | 'first'>) {
  return (
    <TextField
      {...props}
      name="totp"
      size="short"
      required
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="\d{6}"
      maxLength={6}
    />
  );
}

type CheckProps = {
  label: ComponentChildren;
  hint?: ComponentChildren;
  name?: string;
  required?: boolean;
  checked?: boolean;
  onChange?(checked: boolean): void;
};

export function Check({ label, hint, name, onChange, ...input }: CheckProps) {
  const id = useId();
  const error = useContext(ErrorsContext)[name ?? ''];
  return (
    <div class="check">
      <input
        {...input}
        type="checkbox"
        id={id}
        name={name}
        onChange={event => onChange?.(event.currentTarget.checked)}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={error ? `${id}-error` : hint !== undefined ? `${id}-hint` : undefined}
      />
      <label for={id}>{label}</label>
      {error && (
        <span class="hint error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
      {hint !== undefined && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

type SelectFieldProps<Value extends string> = {
  label: string;
  name: string;
  options: readonly (readonly [value: Value, label: string])[];
  value?: Value;
  onChange?(this: void, value: Value): void;
};

export function SelectField<Value extends string>({
  label,
  name,
  options,
  value,
  onChange,
}: SelectFieldProps<Value>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        class="input"
        value={value}
        onChange={event => {
          const chosen = options.find(([option]) => option === event.currentTarget.value);
          if (chosen !== undefined) onChange?.(chosen[0]);
        }}
      >
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Tells what was typed after a pause, not at every key. */
export function SearchField({
  label,
  value,
  onSearch,
}: {
  label: string;
  value: string;
  onSearch(text: string): void;
}) {
  const timer = useRef<number>(undefined);
  const id = useId();
  return (
    <div class="field wide">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        type="search"
        defaultValue={value}
        maxLength={200}
        spellcheck={false}
        onInput={event => {
          const text = event.currentTarget.value.trim();
          clearTimeout(timer.current);
          timer.current = window.setTimeout(() => onSearch(text), 250);
        }}
      />
    </div>
  );
}
