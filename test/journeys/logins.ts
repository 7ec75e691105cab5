/** The published test users. */
export const LOGINS = {
  max: { loginId: "Wentworth-Smith", password: "whislter" },
  whistler: { loginId: "Whistler", password: "ShowBox" },
  gilfoyle: { loginId: "Gilfoyle", password: "PiedPiper" },
  gavin: { loginId: "gavinBelson", password: "hooli2016" },
  jared: { loginId: "jared", password: "django" },
  richard: { loginId: "richard", password: "tabsnotspaces" },
  laurie: { loginId: "laurieBream", password: "business2024" },
  ash: { loginId: "ashMann", password: "hooli2024" },
  bighead: { loginId: "bighead", password: "password" },
  erlich: { loginId: "erlich", password: "aviato" },
  jianYang: { loginId: "jianYang", password: "nothotdog" },
};

export const HOOLI = "AU00000";
export const PIED_PIPER = "AU00002";
export const NUCLEUS = "AU00003";
export const HOOLI_GOV = "AU00004";
export const AVIATO = "AU00005";
export const RAVIGA = "AU00006";
export const TOKEN_BANK = "AU19301";
