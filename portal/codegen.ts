import type { CodegenConfig } from "@graphql-codegen/cli";

/** Types and documents of one side: from the published SDL alone. */
const side = (schema: string) => ({
  schema: `../schemas/graphql/${schema}.graphql`,
  plugins: ["typescript-operations", "typed-document-node"],
  config: {
    documentMode: "string",
    enumType: "string-literal",
    useTypeImports: true,
    skipTypename: true,
    scalars: {
      ID: "string",
      BigInt: { input: "string | number", output: "string" },
      DateTime: "string",
      Digest: "string",
      Duration: "string",
      LedgerPosition: "string",
    },
  },
});

const config: CodegenConfig = {
  generates: {
    "customer/operations.generated.ts": {
      documents: "customer/operations/*.graphql",
      ...side("portal"),
    },
    "console/operations.generated.ts": {
      documents: "console/operations/*.graphql",
      ...side("console"),
    },
  },
};

export default config;
