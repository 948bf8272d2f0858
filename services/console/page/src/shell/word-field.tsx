import { TextInput } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';

/** A word that narrows what is shown. It is taken when one leaves the field or presses Enter, so that nothing is asked for at each letter. */
export function WordField({
  label,
  placeholder,
  description,
  value = '',
  take,
  width,
}: {
  label: string;
  placeholder: string;
  description?: ReactNode;
  value: string | undefined;
  take: (word: string) => void;
  width: number;
}) {
  const [typed, setTyped] = useState(value);
  // The address may change without this field: a link to another filter, or the button that clears them all.
  useEffect(() => setTyped(value), [value]);
  const done = () => {
    if (typed !== value) take(typed);
  };
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      description={description}
      inputWrapperOrder={['label', 'input', 'description']}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
      }}
      w={width}
    />
  );
}
