/** Markdown imported as text: the bundler's `text` loader and the tests' plugin both give its content. */
declare module '*.md' {
  const text: string;
  export default text;
}
