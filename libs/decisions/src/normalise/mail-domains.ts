// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- ambient declarations cannot be imported; projects that check this file from source need them too
/// <reference path="./untyped-lists.d.ts" />
import disposable from 'disposable-email-domains/index.json' with { type: 'json' };
import disposableWildcards from 'disposable-email-domains/wildcard.json' with { type: 'json' };
import free from 'free-email-domains/domains.json' with { type: 'json' };
import { atFirstUse } from '../at-first-use.js';

// Two lists that others keep (both MIT): some 135,000 names, 40 ms and 12 MB at the first use, a hash look-up afterwards.

const freeDomains = atFirstUse((): ReadonlySet<string> => new Set(free));
const disposableDomains = atFirstUse((): ReadonlySet<string> => new Set(disposable));
/** Every name below these is disposable too. */
const disposableParents = atFirstUse((): ReadonlySet<string> => new Set(disposableWildcards));

/**
 * Where anybody can have an address: it says nothing about a company.
 * @param registrable  `example.org` for `mail.example.org`, which is its owner's too
 */
export function isFreeDomain(domain: string, registrable = domain): boolean {
  return freeDomains().has(domain) || (registrable !== domain && freeDomains().has(registrable));
}

/** Where an address is thrown away after use. */
export function isDisposableDomain(domain: string, registrable = domain): boolean {
  if (disposableDomains().has(domain) || disposableParents().has(domain)) return true;
  if (registrable === domain) return disposableParents().has(domain.slice(domain.indexOf('.') + 1));
  for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
    if (disposableParents().has(domain.slice(dot + 1))) return true;
  }
  return disposableDomains().has(registrable);
}

/** Local parts behind which a desk sits and not a person; several of them from RFC 2142. */
export const roleNames: ReadonlySet<string> = new Set(
  (
    'abuse accounting accounts admin administration administrator all anfrage auftrag backoffice bestellung bewerbung ' +
    'billing bookings buchhaltung business buero careers commercial compras comptabilite contact contacto contactus ' +
    'contato contatti customerservice datenschutz direction dpo editor einkauf empfang enquiries enquiry events ' +
    'facturacion feedback finance frontdesk ftp gdpr hallo hello help helpdesk hi hola hostmaster hr info information ' +
    'inquiries inquiry invest investors invoice invoices it jobs kontakt legal list mail mailer-daemon marketing media ' +
    'membership news newsletter no-reply noc noreply office operations ops orders pedidos personal postmaster pr ' +
    'presse press privacy procurement purchasing receipts reception recruiting recruitment registration reservations ' +
    'root rrhh sales schedule secretariat secretary security sekretariat service services shop spam staff subscribe ' +
    'support sysadmin team tech ventas verkauf vertrieb vendas vente webmaster welcome www zentrale'
  ).split(' '),
);
