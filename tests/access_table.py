"""Who gets what to see: one row for every address of the portal, one column for every person.

The objects are Aylin's; the traffic department works on them (see tests/walk.py). A row is the full
name of a URL pattern, or its route if it has no name, and after a space what is special about the
object. What stands in the columns:

ok        200
login     on to the sign-in page
reauth    on to the page that asks for the password or the second factor again
redirect  on to another page
404       not there, or not for this person
405       not by GET
404       Django's own answer to staff without the permission
"""

ROLES = ("nobody", "aylin", "juergen", "karla", "piotr", "henrike", "samir")

TABLE = """
#                                                        nobody   aylin    juergen  karla    piotr    henrike  samir
# Pages for everybody.
api:appointment_services                                 ok       ok       ok       ok       ok       ok       ok
api:booking                                              405      405      405      405      405      405      405
api:confirm                                              405      405      405      405      405      405      405
api:holds                                                405      405      405      405      405      405      405
api:schema                                               ok       ok       ok       ok       ok       ok       ok
api:service                                              ok       ok       ok       ok       ok       ok       ok
api:service unknown                                      404      404      404      404      404      404      404
api:services                                             ok       ok       ok       ok       ok       ok       ok
api:slots                                                ok       ok       ok       ok       ok       ok       ok
api:slots unfinished                                     400      400      400      400      400      400      400
catalogue:life_situation                                 ok       ok       ok       ok       ok       ok       ok
catalogue:life_situations                                ok       ok       ok       ok       ok       ok       ok
catalogue:list                                           ok       ok       ok       ok       ok       ok       ok
catalogue:service                                        ok       ok       ok       ok       ok       ok       ok
checks:letter                                            ok       ok       ok       ok       ok       ok       ok
checks:letter unknown                                    404      404      404      404      404      404      404
checks:page                                              ok       ok       ok       ok       ok       ok       ok
contact:reply                                            ok       ok       ok       ok       ok       ok       ok
contact:reply tampered                                   404      404      404      404      404      404      404
contact:report_barrier                                   ok       ok       ok       ok       ok       ok       ok
contact:sent                                             redirect redirect redirect redirect redirect redirect redirect
contact:write                                            ok       ok       ok       ok       ok       ok       ok
favicon                                                  redirect redirect redirect redirect redirect redirect redirect
kita:facility                                            ok       ok       ok       ok       ok       ok       ok
kita:facility unknown                                    404      404      404      404      404      404      404
kita:house                                               login    404      404      404      404      404      404
kita:house_capacity                                      login    404      404      404      404      404      404
kita:house_details                                       login    404      404      404      404      404      404
kita:house_vacancy                                       login    404      404      404      404      404      404
kita:houses                                              login    404      404      404      404      404      404
kita:list                                                ok       ok       ok       ok       ok       ok       ok
kita:rules                                               ok       ok       ok       ok       ok       ok       ok
healthz                                                  ok       ok       ok       ok       ok       ok       ok
healthz_worker                                           ok       ok       ok       ok       ok       ok       ok
healthz_reconciliation                                   ok       ok       ok       ok       ok       ok       ok
portal:accessibility                                     ok       ok       ok       ok       ok       ok       ok
portal:demo_mail                                         404      404      404      404      404      404      404
portal:easy                                              ok       ok       ok       ok       ok       ok       ok
portal:invitation                                        ok       ok       ok       ok       ok       ok       ok
portal:invitation tampered                               404      404      404      404      404      404      404
portal:join                                              ok       ok       ok       ok       ok       ok       ok
portal:join_before                                       redirect redirect redirect redirect redirect redirect redirect
portal:home                                              ok       ok       ok       ok       ok       ok       ok
portal:imprint                                           ok       ok       ok       ok       ok       ok       ok
portal:privacy                                           ok       ok       ok       ok       ok       ok       ok
robots                                                   ok       ok       ok       ok       ok       ok       ok
security_txt                                             ok       ok       ok       ok       ok       ok       ok

# Appointments: for everybody; a booking for the account or the browser that made it, or behind its link.
appointments:booking                                     404      ok       404      404      404      404      404
appointments:calendar_file                               ok       ok       ok       ok       ok       ok       ok
appointments:cancel                                      405      405      405      405      405      405      405
appointments:choose                                      ok       ok       ok       ok       ok       ok       ok
appointments:code                                        404      ok       404      404      404      404      404
appointments:confirm                                     ok       ok       ok       ok       ok       ok       ok
appointments:details                                     404      ok       404      404      404      404      404
appointments:manage                                      ok       ok       ok       ok       ok       ok       ok
appointments:manage tampered                             404      404      404      404      404      404      404
appointments:take                                        redirect redirect redirect redirect redirect redirect redirect
appointments:times                                       ok       ok       ok       ok       ok       ok       ok
appointments:times unfinished                            422      422      422      422      422      422      422
appointments:arrive                                      ok       ok       ok       ok       ok       ok       ok
appointments:code_before                                 redirect redirect redirect redirect redirect redirect redirect
appointments:decline                                     405      405      405      405      405      405      405
appointments:display                                     ok       ok       ok       ok       ok       ok       ok
appointments:terminal                                    ok       ok       ok       ok       ok       ok       ok
appointments:terminal guessed                            404      404      404      404      404      404      404
appointments:terminal_ticket                             ok       ok       ok       ok       ok       ok       ok
appointments:ticket                                      ok       ok       ok       ok       ok       ok       ok
appointments:ticket tampered                             404      404      404      404      404      404      404
appointments:ticket_back                                 405      405      405      405      405      405      405
appointments:wait                                        ok       ok       ok       ok       ok       ok       ok
appointments:walk_in                                     ok       ok       ok       ok       ok       ok       ok
appointments:wish                                        ok       ok       ok       ok       ok       ok       ok
appointments:wish tampered                               404      404      404      404      404      404      404
appointments:wish_written                                ok       ok       ok       ok       ok       ok       ok
appointments:with_code                                   ok       ok       ok       ok       ok       ok       ok

# A citizen's own cases.
portal:answer                                            login    redirect redirect redirect redirect redirect redirect
portal:attachment                                        login    ok       404      404      404      404      404
portal:attachment of-another-case                        login    404      404      404      404      404      404
portal:case                                              login    ok       404      404      404      404      404
portal:act                                               login    ok       404      404      404      404      404
portal:act decided                                       login    redirect 404      404      404      404      404
portal:act unknown                                       login    404      404      404      404      404      404
portal:proposal                                          login    redirect redirect redirect redirect redirect redirect
portal:delivery                                          login    ok       404      404      404      404      404
portal:case asked                                        login    ok       404      404      404      404      404
portal:case decided                                      login    ok       404      404      404      404      404
portal:my_area                                           login    ok       ok       ok       ok       ok       ok

# Drafts: the owner, or the browser in which one was begun; for anybody else there is none,
# whether signed in or not. Filing moves the owner on to the case.
applications:begin                                       ok       ok       ok       ok       ok       ok       ok
applications:discard                                     405      405      405      405      405      405      405
applications:draft_file                                  404      ok       404      404      404      404      404
applications:resume                                      404      redirect 404      404      404      404      404
applications:resume filed                                404      redirect 404      404      404      404      404
applications:review                                      404      ok       404      404      404      404      404
applications:review filed                                404      redirect 404      redirect 404      redirect 404
applications:step                                        404      ok       404      404      404      404      404
applications:step vehicle                                404      ok       404      404      404      404      404

# What was filed.
applications:receipt                                     login    ok       404      404      404      404      404

# Letters: for the party and for the department.
notices:document                                         login    ok       404      ok       404      ok       404
notices:document unfinished                              login    404      404      404      404      404      404
notices:panel amt                                        login    404      404      ok       404      ok       404
notices:panel ich                                        login    ok       404      404      404      404      404
notices:panel without-notice                             login    404      404      404      404      404      404
notices:retry                                            login    405      405      405      405      405      405
notices:came_back                                        login    405      405      405      405      405      405
notices:returned                                         login    404      404      ok       404      ok       404
notices:send_again                                       login    405      405      405      405      405      405
notices:correct                                          login    404      404      ok       404      ok       404
notices:correct ankunft                                  login    404      404      ok       404      ok       404
notices:correct rueckkehr                                login    404      404      ok       404      ok       404
notices:correct unknown                                  login    404      404      404      404      404      404
notices:ask_for_copy                                     login    ok       404      ok       404      ok       404
notices:copy                                             login    ok       404      ok       404      ok       404
notices:copy missing                                     login    404      404      404      404      404      404
notices:give_copy                                        login    405      405      405      405      405      405

# One's own account, never that of others.
account_change_password                                  login    ok       ok       ok       ok       ok       ok
account_confirm_login_code                               login    redirect redirect redirect redirect redirect redirect
account_email                                            login    ok       ok       ok       ok       ok       ok
account_email_verification_sent                          redirect redirect redirect redirect redirect redirect redirect
account_inactive                                         ok       ok       ok       ok       ok       ok       ok
account_login                                            ok       redirect redirect redirect redirect redirect redirect
account_logout                                           redirect ok       ok       ok       ok       ok       ok
account_reauthenticate                                   login    ok       ok       ok       ok       ok       ok
account_request_login_code                               ok       redirect redirect redirect redirect redirect redirect
account_reset_password                                   ok       ok       ok       ok       ok       ok       ok
account_reset_password_done                              ok       ok       ok       ok       ok       ok       ok
account_reset_password_from_key                          redirect redirect redirect redirect redirect redirect redirect
account_reset_password_from_key tampered                 ok       ok       ok       ok       ok       ok       ok
account_reset_password_from_key_done                     ok       ok       ok       ok       ok       ok       ok
account_set_password                                     login    redirect redirect redirect redirect redirect redirect
account_signup                                           ok       redirect redirect redirect redirect redirect redirect
accounts:after_login                                     login    redirect redirect redirect redirect redirect redirect
accounts:address_code                                    login    redirect redirect redirect redirect redirect redirect
accounts:factor_missing                                  login    redirect redirect ok       ok       ok       ok
accounts:new_address                                     ok       ok       ok       ok       ok       ok       ok
accounts:new_address tampered                            404      404      404      404      404      404      404
accounts:prove                                           login    ok       ok       ok       ok       ok       ok
accounts:sessions                                        login    ok       ok       ok       ok       ok       ok
accounts:setup                                           ok       ok       ok       ok       ok       ok       ok
accounts:setup tampered                                  404      404      404      404      404      404      404
accounts:delete                                          login    ok       ok       redirect redirect redirect redirect
accounts:export                                          login    ok       ok       ok       ok       ok       ok
accounts:kept                                            login    redirect redirect redirect redirect redirect redirect
accounts:overview                                        login    ok       ok       ok       ok       ok       ok
accounts:profile                                         login    ok       ok       ok       ok       ok       ok
mfa_activate_totp                                        login    redirect ok       ok       ok       ok       ok
mfa_add_webauthn                                         login    ok       ok       ok       ok       ok       ok
mfa_authenticate                                         login    redirect redirect redirect redirect redirect redirect
mfa_deactivate_totp                                      login    ok       404      404      404      404      404
mfa_download_recovery_codes                              login    ok       404      404      404      404      404
mfa_edit_webauthn                                        login    ok       404      404      404      404      404
mfa_generate_recovery_codes                              login    ok       ok       ok       ok       ok       ok
mfa_index                                                login    ok       ok       ok       ok       ok       ok
mfa_list_webauthn                                        login    ok       ok       ok       ok       ok       ok
mfa_login_webauthn                                       login    redirect redirect redirect redirect redirect redirect
mfa_reauthenticate                                       login    ok       reauth   reauth   reauth   reauth   reauth
mfa_reauthenticate_webauthn                              login    ok       reauth   reauth   reauth   reauth   reauth
mfa_remove_webauthn                                      login    ok       404      404      404      404      404
mfa_view_recovery_codes                                  login    ok       404      404      404      404      404

# The staff area: cases of one's own department.
admin:app_list                                           login    404      404      404      404      404      404
admin:attachment                                         login    404      404      ok       404      ok       404
admin:party                                              login    404      404      ok       404      ok       404
admin:proposal                                           login    404      404      redirect redirect redirect redirect
admin:autocomplete                                       login    404      404      404      404      404      404
admin:capture                                            login    404      404      ok       ok       ok       404
admin:case                                               login    404      404      ok       404      ok       404
admin:case message                                       login    404      404      ok       404      ok       404
admin:case none                                          login    404      404      404      404      404      404
admin:case taxes                                         login    404      404      404      ok       404      404
admin:case_act ask                                       login    404      404      redirect redirect redirect redirect
admin:case_act appeal                                    login    404      404      redirect redirect redirect redirect
admin:case_act appeal_ended                              login    404      404      redirect redirect redirect redirect
admin:case_act assign                                    login    404      404      redirect redirect redirect redirect
admin:case_act hand_over                                 login    404      404      redirect redirect redirect redirect
admin:case_act note                                      login    404      404      redirect redirect redirect redirect
admin:case_act recuse                                    login    404      404      redirect redirect redirect redirect
admin:case_act take                                      login    404      404      redirect redirect redirect redirect
admin:contact_close                                      login    404      404      ok       404      ok       404
admin:appointment                                        login    404      404      ok       404      ok       404
admin:appointment_book                                   login    404      404      ok       404      ok       404
admin:appointment_calls                                  login    404      404      ok       404      ok       404
admin:appointment_details                                login    404      404      ok       404      ok       404
admin:appointment_figures                                login    404      404      ok       404      ok       ok
admin:appointment_invite                                 login    404      404      405      405      405      404
admin:appointment_slip                                   login    404      404      ok       404      ok       404
admin:appointments_changed                               login    404      404      ok       404      ok       404
admin:appointments_day                                   login    404      404      ok       404      ok       404
admin:counter                                            login    404      404      ok       404      redirect 404
admin:counter_act                                        login    404      404      405      404      405      404
admin:counters                                           login    404      404      ok       404      ok       404
admin:contact_reply                                      login    404      404      ok       404      ok       404
admin:decide                                             login    404      404      ok       404      ok       404
admin:decide decided                                     login    404      404      redirect 404      redirect 404
admin:decide taxes                                       login    404      404      404      ok       404      404
admin:decision_preview                                   login    404      404      ok       404      404      404
admin:preview_pdf                                        login    404      404      ok       404      404      404
admin:preview_page                                       login    404      404      ok       404      404      404
admin:index                                              login    404      404      ok       ok       ok       ok
admin:jsi18n                                             login    404      404      ok       ok       ok       ok
admin:login                                              login    404      404      login    login    login    login
admin:logout                                             login    404      404      redirect redirect redirect redirect
admin:condition                                          login    404      404      404      404      404      404
admin:masterdata                                         login    404      404      ok       ok       ok       ok
admin:outbox                                             login    404      404      ok       ok       ok       404
admin:password_change                                    login    404      404      redirect redirect redirect redirect
admin:password_change_done                               login    404      404      redirect redirect redirect redirect
admin:queue                                              login    404      404      ok       ok       ok       404

# Django's pages for master data: nobody in the cast may edit any.
admin:accounts_department_add                            login    404      404      404      404      404      404
admin:accounts_department_change                         login    404      404      404      404      404      404
admin:accounts_department_changelist                     login    404      404      404      404      404      404
admin:accounts_department_delete                         login    404      404      404      404      404      404
admin:accounts_department_history                        login    404      404      404      404      404      404
admin:accounts_user_act                                  login    404      404      404      404      404      404
admin:accounts_user_add                                  login    404      404      404      404      404      404
admin:accounts_user_change                               login    404      404      404      404      404      404
admin:accounts_user_changelist                           login    404      404      404      404      404      404
admin:accounts_user_delete                               login    404      404      404      404      404      404
admin:accounts_user_history                              login    404      404      404      404      404      404
admin:auth_group_add                                     login    404      404      404      404      404      404
admin:auth_group_change                                  login    404      404      404      404      404      404
admin:auth_group_changelist                              login    404      404      404      404      404      404
admin:auth_group_delete                                  login    404      404      404      404      404      404
admin:auth_group_history                                 login    404      404      404      404      404      404
admin:appointments_bookableservice_add                   login    404      404      404      404      404      404
admin:appointments_bookableservice_change                login    404      404      404      404      404      404
admin:appointments_bookableservice_changelist            login    404      404      404      404      404      404
admin:appointments_bookableservice_delete                login    404      404      404      404      404      404
admin:appointments_bookableservice_history               login    404      404      404      404      404      404
admin:appointments_closure_add                           login    404      404      404      404      404      404
admin:appointments_closure_change                        login    404      404      404      404      404      404
admin:appointments_closure_changelist                    login    404      404      404      404      404      404
admin:appointments_closure_delete                        login    404      404      404      404      404      404
admin:appointments_closure_history                       login    404      404      404      404      404      404
admin:appointments_counter_add                           login    404      404      404      404      404      404
admin:appointments_counter_change                        login    404      404      404      404      404      404
admin:appointments_counter_changelist                    login    404      404      404      404      404      404
admin:appointments_counter_delete                        login    404      404      404      404      404      404
admin:appointments_counter_history                       login    404      404      404      404      404      404
admin:appointments_officepolicy_add                      login    404      404      404      404      404      404
admin:appointments_officepolicy_change                   login    404      404      404      404      404      404
admin:appointments_officepolicy_changelist               login    404      404      404      404      404      404
admin:appointments_officepolicy_delete                   login    404      404      404      404      404      404
admin:appointments_officepolicy_history                  login    404      404      404      404      404      404
admin:appointments_openingrule_add                       login    404      404      404      404      404      404
admin:appointments_openingrule_change                    login    404      404      404      404      404      404
admin:appointments_openingrule_changelist                login    404      404      404      404      404      404
admin:appointments_openingrule_delete                    login    404      404      404      404      404      404
admin:appointments_openingrule_history                   login    404      404      404      404      404      404
admin:catalogue_fee_add                                  login    404      404      404      404      404      404
admin:catalogue_fee_change                               login    404      404      404      404      404      404
admin:catalogue_fee_changelist                           login    404      404      404      404      404      404
admin:catalogue_fee_delete                               login    404      404      404      404      404      404
admin:catalogue_fee_history                              login    404      404      404      404      404      404
admin:catalogue_lifesituation_add                        login    404      404      404      404      404      404
admin:catalogue_lifesituation_change                     login    404      404      404      404      404      404
admin:catalogue_lifesituation_changelist                 login    404      404      404      404      404      404
admin:catalogue_lifesituation_delete                     login    404      404      404      404      404      404
admin:catalogue_lifesituation_history                    login    404      404      404      404      404      404
admin:catalogue_office_add                               login    404      404      404      404      404      404
admin:catalogue_office_change                            login    404      404      404      404      404      404
admin:catalogue_office_changelist                        login    404      404      404      404      404      404
admin:catalogue_office_delete                            login    404      404      404      404      404      404
admin:catalogue_office_history                           login    404      404      404      404      404      404
admin:catalogue_service_add                              login    404      404      404      404      404      404
admin:catalogue_service_change                           login    404      404      404      404      404      404
admin:catalogue_service_changelist                       login    404      404      404      404      404      404
admin:catalogue_service_delete                           login    404      404      404      404      404      404
admin:catalogue_service_history                          login    404      404      404      404      404      404
admin:core_banner_add                                    login    404      404      404      404      404      404
admin:core_banner_change                                 login    404      404      404      404      404      404
admin:core_banner_changelist                             login    404      404      404      404      404      404
admin:core_banner_delete                                 login    404      404      404      404      404      404
admin:core_banner_history                                login    404      404      404      404      404      404
admin:core_outgoingemail_add                             login    404      404      404      404      404      404
admin:core_outgoingemail_change                          login    404      404      404      404      404      404
admin:core_outgoingemail_changelist                      login    404      404      404      404      404      404
admin:core_outgoingemail_delete                          login    404      404      404      404      404      404
admin:core_outgoingemail_history                         login    404      404      404      404      404      404
admin:core_retentionrun_add                              login    404      404      404      404      404      404
admin:core_retentionrun_change                           login    404      404      404      404      404      404
admin:core_retentionrun_changelist                       login    404      404      404      404      404      404
admin:core_retentionrun_delete                           login    404      404      404      404      404      404
admin:core_retentionrun_history                          login    404      404      404      404      404      404
admin:formbuilder_formversion_add                        login    404      404      404      404      404      404
admin:formbuilder_formversion_change                     login    404      404      404      404      404      404
admin:formbuilder_formversion_changelist                 login    404      404      404      404      404      404
admin:formbuilder_formversion_delete                     login    404      404      404      404      404      404
admin:formbuilder_formversion_history                    login    404      404      404      404      404      404
admin:kita_carrier_add                                   login    404      404      404      404      404      404
admin:kita_carrier_change                                login    404      404      404      404      404      404
admin:kita_carrier_changelist                            login    404      404      404      404      404      404
admin:kita_carrier_delete                                login    404      404      404      404      404      404
admin:kita_carrier_history                               login    404      404      404      404      404      404
admin:kita_concept_add                                   login    404      404      404      404      404      404
admin:kita_concept_change                                login    404      404      404      404      404      404
admin:kita_concept_changelist                            login    404      404      404      404      404      404
admin:kita_concept_delete                                login    404      404      404      404      404      404
admin:kita_concept_history                               login    404      404      404      404      404      404
admin:kita_district_add                                  login    404      404      404      404      404      404
admin:kita_district_change                               login    404      404      404      404      404      404
admin:kita_district_changelist                           login    404      404      404      404      404      404
admin:kita_district_delete                               login    404      404      404      404      404      404
admin:kita_district_history                              login    404      404      404      404      404      404
admin:kita_file                                          login    404      404      404      404      404      404
admin:kita_import                                        login    404      404      404      404      404      404
admin:kita_office                                        login    404      404      404      404      404      404
admin:kita_facility_add                                  login    404      404      404      404      404      404
admin:kita_facility_change                               login    404      404      404      404      404      404
admin:kita_facility_changelist                           login    404      404      404      404      404      404
admin:kita_facility_delete                               login    404      404      404      404      404      404
admin:kita_facility_history                              login    404      404      404      404      404      404
admin:kita_group_add                                     login    404      404      404      404      404      404
admin:kita_group_change                                  login    404      404      404      404      404      404
admin:kita_group_changelist                              login    404      404      404      404      404      404
admin:kita_group_delete                                  login    404      404      404      404      404      404
admin:kita_group_history                                 login    404      404      404      404      404      404
admin:kita_landmark_add                                  login    404      404      404      404      404      404
admin:kita_landmark_change                               login    404      404      404      404      404      404
admin:kita_landmark_changelist                           login    404      404      404      404      404      404
admin:kita_landmark_delete                               login    404      404      404      404      404      404
admin:kita_landmark_history                              login    404      404      404      404      404      404
admin:kita_criterion_add                                 login    404      404      404      404      404      404
admin:kita_criterion_change                              login    404      404      404      404      404      404
admin:kita_criterion_changelist                          login    404      404      404      404      404      404
admin:kita_criterion_delete                              login    404      404      404      404      404      404
admin:kita_criterion_history                             login    404      404      404      404      404      404
admin:kita_round_add                                     login    404      404      404      404      404      404
admin:kita_round_change                                  login    404      404      404      404      404      404
admin:kita_round_changelist                              login    404      404      404      404      404      404
admin:kita_round_delete                                  login    404      404      404      404      404      404
admin:kita_round_history                                 login    404      404      404      404      404      404
admin:notices_legalremedy_add                            login    404      404      404      404      404      404
admin:notices_legalremedy_change                         login    404      404      404      404      404      404
admin:notices_legalremedy_changelist                     login    404      404      404      404      404      404
admin:notices_legalremedy_delete                         login    404      404      404      404      404      404
admin:notices_legalremedy_history                        login    404      404      404      404      404      404

# Patterns without a name: the way from …/<id>/ to …/<id>/change/, and whatever else is typed.
verwaltung/(?P<url>.*)$                                  login    404      404      404      404      404      404
verwaltung/accounts/department/<path:object_id>/         login    404      404      redirect redirect redirect redirect
verwaltung/accounts/user/<path:object_id>/               login    404      404      redirect redirect redirect redirect
verwaltung/auth/group/<path:object_id>/                  login    404      404      redirect redirect redirect redirect
verwaltung/appointments/bookableservice/<path:object_id>/ login    404      404      redirect redirect redirect redirect
verwaltung/appointments/closure/<path:object_id>/        login    404      404      redirect redirect redirect redirect
verwaltung/appointments/counter/<path:object_id>/        login    404      404      redirect redirect redirect redirect
verwaltung/appointments/officepolicy/<path:object_id>/   login    404      404      redirect redirect redirect redirect
verwaltung/appointments/openingrule/<path:object_id>/    login    404      404      redirect redirect redirect redirect
verwaltung/catalogue/fee/<path:object_id>/               login    404      404      redirect redirect redirect redirect
verwaltung/catalogue/lifesituation/<path:object_id>/     login    404      404      redirect redirect redirect redirect
verwaltung/catalogue/office/<path:object_id>/            login    404      404      redirect redirect redirect redirect
verwaltung/catalogue/service/<path:object_id>/           login    404      404      redirect redirect redirect redirect
verwaltung/core/banner/<path:object_id>/                 login    404      404      redirect redirect redirect redirect
verwaltung/core/outgoingemail/<path:object_id>/          login    404      404      redirect redirect redirect redirect
verwaltung/core/retentionrun/<path:object_id>/           login    404      404      redirect redirect redirect redirect
verwaltung/formbuilder/formversion/<path:object_id>/     login    404      404      redirect redirect redirect redirect
verwaltung/kita/carrier/<path:object_id>/                login    404      404      redirect redirect redirect redirect
verwaltung/kita/concept/<path:object_id>/                login    404      404      redirect redirect redirect redirect
verwaltung/kita/district/<path:object_id>/               login    404      404      redirect redirect redirect redirect
verwaltung/kita/facility/<path:object_id>/               login    404      404      redirect redirect redirect redirect
verwaltung/kita/group/<path:object_id>/                  login    404      404      redirect redirect redirect redirect
verwaltung/kita/landmark/<path:object_id>/               login    404      404      redirect redirect redirect redirect
verwaltung/kita/criterion/<path:object_id>/              login    404      404      redirect redirect redirect redirect
verwaltung/kita/round/<path:object_id>/                  login    404      404      redirect redirect redirect redirect
verwaltung/notices/legalremedy/<path:object_id>/         login    404      404      redirect redirect redirect redirect
"""


def read(table: str = TABLE) -> dict[str, dict[str, str]]:
    """The table as row → person → what is expected."""
    rows: dict[str, dict[str, str]] = {}
    for line in table.splitlines():
        if not line or line.startswith("#"):
            continue
        words = line.split()
        row = " ".join(words[: -len(ROLES)])
        assert row not in rows, f"{row} stands in the table twice"
        rows[row] = dict(zip(ROLES, words[-len(ROLES) :], strict=True))
    return rows
