/** `GET /v1/whoami`: who a key is. */
export interface Whoami {
  /** What its maker called it. */
  name: string;
  role: string;
  /** "*": any, named by each request. */
  tenant: string;
  environment: string;
}
