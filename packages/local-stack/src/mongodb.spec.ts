// Where the socket lies and what its address promises.
import { expect } from 'chai';
import { socketDirectoryFor, uriFor } from './mongodb.ts';

describe('MongoDB address', () => {
  it('puts the socket beside the data when the path is short', () => {
    expect(socketDirectoryFor('/srv/app/.local')).to.equal('/srv/app/.local/mongodb');
  });

  it('keeps the socket path within the limit of the system for a deep checkout, and apart for two of them', () => {
    const deep = (name: string): string => socketDirectoryFor(`/home/${'deep/'.repeat(30)}${name}/.local`);
    expect(deep('a').length).to.be.below(60);
    expect(deep('a')).not.to.equal(deep('b'));
    expect(deep('a')).to.equal(deep('a'));
  });

  it('asks for journaled writes', () => {
    expect(uriFor('/a b/mongodb.sock')).to.equal(
      'mongodb://%2Fa%20b%2Fmongodb.sock/?directConnection=true&journal=true',
    );
  });
});
