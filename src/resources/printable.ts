/** What somebody typed, fit for one line of a message. */
export const printable = (value: string): string => {
  const clean = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?');
  return clean.length > 80 ? `${clean.slice(0, 77)}...` : clean;
};
