declare module 'swagger-ui-dist/absolute-path.js' {
  /** The package's own directory. */
  export default function absolutePath(): string;
}
