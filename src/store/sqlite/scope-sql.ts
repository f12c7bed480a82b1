/** The id of a scope; its values are tenant and environment. */
export const SCOPE_ID = "(SELECT scope_id FROM scopes WHERE tenant = ? AND environment = ?)";

/**
 * A deleted tenant's scopes get a name that no tenant can have, at once, so that nothing under the old name finds its
 * rows; "~" sorts behind everything that names are made of.
 */
export const IS_DELETED = "tenant >= '~'";
export const IS_NOT_DELETED = "tenant < '~'";
