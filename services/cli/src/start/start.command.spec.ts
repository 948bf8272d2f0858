import { stripVTControlCharacters } from 'node:util';
import { DataFolder } from './data-folder.js';
import { welcome } from './start.command.js';

describe('what is said once everything runs', () => {
  const folder = new DataFolder({ FAIRLEAD_DATA_DIR: 'somewhere' });
  const adminKeyIn = (from: 'environment' | 'folder' | 'new') => {
    const lines = stripVTControlCharacters(welcome('http://127.0.0.1:1', folder, { key: 'a-key', from }, undefined));
    return /Admin key +(.*)(?:\n +(shown.*))?/.exec(lines)?.slice(1);
  };

  it('says where the key of the administrator is, and shows one that was made just now', () => {
    expect(adminKeyIn('new')).toEqual(['a-key', 'shown only now, kept in somewhere/admin-key']);
    expect(adminKeyIn('folder')).toEqual(['in somewhere/admin-key', undefined]);
    // It named a file there that nobody had made.
    expect(adminKeyIn('environment')).toEqual(['the one of FAIRLEAD_ADMIN_KEY', undefined]);
  });
});
