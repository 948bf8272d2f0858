/** Of this answer: the page's policy allows a style element with it, and no other. */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? '';

// The library that keeps the page still behind a window makes a style element of its own, and looks for its nonce here.
Object.assign(window, { __webpack_nonce__: styleNonce });
