/** The rules of the server, said before it has to (it checks them all the same). */
export function nameProblem(name: string): string | null {
  if (name === '') return 'Choose a name.';
  if (name.length < 3 || name.length > 25) return 'A name has 3 to 25 characters.';
  return /^[a-z0-9_]+$/i.test(name) ? null : 'A name has letters from a to z, digits and underscores.';
}

export const shortestPassword = 8;

export function passwordProblem(password: string, name: string): string | null {
  const length = Array.from(password).length;
  if (length < shortestPassword) return `A password has at least ${shortestPassword} characters.`;
  if (length > 256) return 'A password has at most 256 characters.';
  return password.toLowerCase() === name.toLowerCase()
    ? 'The password is the name. Choose another one.'
    : null;
}

/** Only what is surely no address: whether it is one, the mail that is sent there shows. */
export function mailProblem(mail: string): string | null {
  if (mail === '') return 'Enter your mail address.';
  return /^[^\s@]+@[^\s@]+$/.test(mail) && mail.length <= 254
    ? null
    : 'A mail address looks like ada@example.org.';
}

/** The secret of a mailed link, which stands behind the `#` so that no server's log has it. */
export function linkToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, '')).get('token');
  return token === null || token === '' ? null : token;
}

/** Where to go after signing in: a path of this page, whatever the address bar says. */
export function safeReturnPath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/';
}
