// Their files are large literals: what they hold is said here instead of being inferred on every type-check.

declare module 'disposable-email-domains/index.json' {
  const domains: readonly string[];
  export default domains;
}

declare module 'disposable-email-domains/wildcard.json' {
  const domains: readonly string[];
  export default domains;
}

declare module 'free-email-domains/domains.json' {
  const domains: readonly string[];
  export default domains;
}

declare module 'tr46' {
  interface Options {
    checkBidi?: boolean;
    checkHyphens?: boolean;
    checkJoiners?: boolean;
    useSTD3ASCIIRules?: boolean;
    verifyDNSLength?: boolean;
    transitionalProcessing?: boolean;
    ignoreInvalidPunycode?: boolean;
  }
  const tr46: { toASCII(domain: string, options?: Options): string | null };
  export default tr46;
}
