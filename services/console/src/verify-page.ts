/** A page that checks an exported log from the file system, by itself. Apart from the service: whoever exports needs only this. */
export const verifyPage = new URL('../static/verify.html', import.meta.url);
