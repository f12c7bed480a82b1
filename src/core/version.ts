/** The package's version; a test holds it against package.json (importing that file would put all of it in the bundle). */
export const VERSION = "0.1.0";
