/** The execution of the environment is paused: the run is given back as it is, so that it holds up no others. */
export class Paused extends Error {
  override readonly name = 'Paused';
}
