import { readOptions } from './options.js';

describe('options', () => {
  it.each([[['--nodemo']], [['now']], [['--exit=maybe']]])('run-local - says of %j where the options are shown', (args) => {
    expect(() => readOptions(args, {})).toThrow(/^[^.]+\. npm start -- --help shows the options\.$/);
  });

  it('run-local - plays the sample incident unless told not to', () => {
    expect(readOptions([], {})).toMatchObject({ demo: true, exit: false, separate: false });
    expect(readOptions(['--no-demo', '--separate'], {})).toMatchObject({ demo: false, separate: true });
    expect(readOptions(['-h'], {})).toBe('help');
  });
});
