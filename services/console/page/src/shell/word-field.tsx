import { TextInput } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';

/** What a field takes, and how that is said to whoever typed something else. */
export interface Allowed {
  readonly shape: RegExp;
  readonly says: string;
}

/**
 * A word that narrows what is shown. It is taken when one leaves the field or presses Enter, so that nothing is asked for at each letter. What is
 * not taken is said so: a field must not show what the list below it does not go by.
 */
export function WordField({
  label,
  placeholder,
  description,
  value = '',
  allowed,
  take,
  width,
}: {
  label: string;
  placeholder: string;
  description?: ReactNode;
  value: string | undefined;
  allowed: Allowed;
  /** Told nothing of what is not allowed. Empty: not narrowed by it. */
  take: (word: string) => void;
  width: number;
}) {
  const [typed, setTyped] = useState(value);
  const [complaint, setComplaint] = useState<string>();
  // The address may change without this field: a link to another filter, or the button that clears them all.
  useEffect(() => {
    setTyped(value);
    setComplaint(undefined);
  }, [value]);
  const done = () => {
    const word = typed.trim();
    if (word === value) return setTyped(word);
    if (word !== '' && !allowed.shape.test(word)) return setComplaint(`${allowed.says} It is not applied.`);
    return take(word);
  };
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      description={description}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={typed}
      error={complaint}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        setComplaint(undefined);
      }}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
      }}
      w={width}
    />
  );
}
